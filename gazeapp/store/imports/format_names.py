"""What the import formats are called; apart, so that the command line can name them without loading a reader."""

FORMATS = (
    "auto",
    "tobii-tsv",
    "eyelink-asc",
    "pupil",
    "neon",
    "xdf",
    "iohub",
    "bids",
    "csv",
    "parquet",
    "smi",
    "gazepoint",
    "titta",
    "webgazer",
    "pygaze",
    "table",
)
