"""What the papers print, copied from them; the shape of our tables is theirs."""

from __future__ import annotations

PAPER_METRICS = ("cc", "sim", "auc_judd", "nss", "kld")

Scores = tuple[float, ...]

STROHM_CLOSED: dict[str, dict[str, Scores]] = {
    "ID": {
        "true universal map": (0.801, 0.685, 0.921, 2.373, 0.372),
        "MultiCNN": (0.804, 0.683, 0.919, 2.378, 0.511),
        "personal network": (0.813, 0.706, 0.922, 2.405, 0.357),
    },
    "PS": {
        "true universal map": (0.821, 0.698, 0.912, 2.500, 0.366),
        "MultiCNN": (0.845, 0.711, 0.914, 2.609, 0.415),
        "personal network": (0.846, 0.725, 0.915, 2.595, 0.336),
    },
}
"""Strohm et al. (2024), known people, new images, true universal maps: CC SIM AUC NSS KLD."""

STROHM_OPEN: dict[str, dict[str, Scores]] = {
    "ID": {
        "true universal map": (0.804, 0.682, 0.922, 2.506, 0.387),
        "MultiCNN (oracle)": (0.804, 0.690, 0.929, 2.550, 0.440),
        "personal network": (0.813, 0.702, 0.933, 2.552, 0.366),
    },
    "PS": {
        "true universal map": (0.788, 0.691, 0.892, 2.218, 0.399),
        "MultiCNN (oracle)": (0.800, 0.694, 0.892, 2.290, 0.516),
        "personal network": (0.804, 0.701, 0.893, 2.273, 0.371),
        "personal network, combined data": (0.807, 0.704, 0.894, 2.288, 0.361),
    },
}
"""The same for new people."""

STROHM_CLOSED_PREDICTED: dict[str, dict[str, Scores]] = {
    "ID": {
        "DeepGaze": (0.622, 0.556, 0.904, 2.121, 1.123),
        "DeepGaze, fine-tuned": (0.715, 0.619, 0.905, 2.140, 0.526),
        "MultiCNN": (0.735, 0.643, 0.897, 2.142, 0.708),
        "personal network": (0.736, 0.651, 0.907, 2.170, 0.509),
    },
    "PS": {
        "DeepGaze": (0.584, 0.530, 0.881, 2.288, 1.294),
        "DeepGaze, fine-tuned": (0.734, 0.622, 0.887, 2.293, 0.562),
        "MultiCNN": (0.746, 0.637, 0.892, 2.299, 0.604),
        "personal network": (0.760, 0.649, 0.896, 2.308, 0.481),
    },
}
"""The same on predicted universal maps, known people."""

STROHM_OPEN_PREDICTED: dict[str, dict[str, Scores]] = {
    "ID": {
        "DeepGaze": (0.615, 0.553, 0.916, 2.239, 1.083),
        "DeepGaze, fine-tuned": (0.721, 0.624, 0.914, 2.244, 0.542),
        "MultiCNN (oracle)": (0.723, 0.627, 0.910, 2.244, 0.620),
        "personal network": (0.726, 0.638, 0.916, 2.253, 0.527),
    },
    "PS": {
        "DeepGaze": (0.564, 0.522, 0.860, 1.944, 1.431),
        "DeepGaze, fine-tuned": (0.692, 0.618, 0.862, 2.032, 0.685),
        "MultiCNN (oracle)": (0.693, 0.615, 0.862, 2.006, 0.682),
        "personal network": (0.712, 0.634, 0.870, 2.033, 0.539),
        "personal network, combined data": (0.713, 0.634, 0.871, 2.033, 0.533),
    },
}
"""On predicted universal maps, new people."""

STROHM_PRECISION = {"ID": 0.981, "PS": 0.791, "PS, combined training": 0.927}
"""Precision at 1 at m = 64 (Fig. 5); chance is 1/12 and 1/5."""

XU_CONSISTENCY = {"ps": 0.7911, "mit1003": 0.8934, "osie": 0.8847, "pascal-s": 0.8810}
"""Xu et al. (2017), Table 1: mean AUC-Judd over pairs of observers, one viewing each; sigma is not given."""

XU_PREDICTION: dict[str, dict[str, tuple[float, float, float] | None]] = {
    "none (RGB)": {"alone": None, "multiconvnets": (0.6224, 0.6527, 0.7783), "multitask": (0.6468, 0.6628, 0.7998)},
    "LDS": {
        "alone": (0.6573, 0.6334, 0.8296),
        "multiconvnets": (0.7071, 0.7565, 0.8369),
        "multitask": (0.7219, 0.7607, 0.8497),
    },
    "ML-Net": {
        "alone": (0.4135, 0.5130, 0.7180),
        "multiconvnets": (0.6535, 0.7942, 0.8170),
        "multitask": (0.6753, 0.8017, 0.8345),
    },
    "BMS": {
        "alone": (0.5959, 0.7136, 0.8026),
        "multiconvnets": (0.6868, 0.7966, 0.8379),
        "multitask": (0.7033, 0.8041, 0.8503),
    },
    "SalNet": {
        "alone": (0.7266, 0.7418, 0.8467),
        "multiconvnets": (0.7485, 0.7789, 0.8509),
        "multitask": (0.7628, 0.7908, 0.8594),
    },
}
"""Table 2: CC, SIM, AUC-Judd of known people on new images."""

SALGAZE: dict[str, tuple[float | None, ...]] = {
    "before": (4.38, 4.38, 4.38, 4.38),
    "map loss": (None, None, None, 3.44),
    "map loss, outliers dropped": (None, None, None, 3.32),
    "squared": (3.73, 3.62, 3.46, 3.38),
    "squared, outliers dropped": (None, None, None, 3.30),
}
"""Chang et al. (2019), Tables 2 and 3: error in cm after personalising on 1, 2, 4, 8 sessions (all sessions last)."""

ACW_ITERATIONS = (
    (13.5, 3.07, -13.56, 0.868, 2.70, 29),
    (4428.0, -4479.0, -4495.0, 0.865, 2.02, 37),
    (4395.0, -4503.0, -4519.0, 0.866, 2.03, 48),
)
"""Galván Díaz, table 1: loss, IG, LL, AUC, NSS and epochs of the three iterations."""

ACW: dict[str, Scores] = {
    "DeepGaze IIE": (0.189, 0.869, 0.668, 2.112, 0.819, 0.345, 0.706),
    "DeepGaze II": (0.084, 0.864, 0.650, 1.962, 0.795, 0.382, 0.687),
    "UNISAL": (0.032, 0.860, 0.668, 1.936, 0.740, 0.470, 0.663),
    "ACW": (0.180, 0.888, 0.495, 1.266, 0.345, 8.337, 0.343),
}
"""Galván Díaz, table 2 (CAT2000): IG AUC sAUC NSS CC KLD SIM."""
