"""DeepGaze IIE: four backbones, readouts, the mixture, and its adaptive category weights."""
