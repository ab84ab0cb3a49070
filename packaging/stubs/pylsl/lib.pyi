import ctypes

lib: ctypes.CDLL
