"""Training and evaluation of every network the application uses.

The network definitions live in `gazeapp/networks`, the maps and metrics in `gazeapp/saliency`: what runs
at inference belongs to the application, and one implementation of each keeps both packages in agreement.
"""
