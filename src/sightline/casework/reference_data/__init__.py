"""The inputs of a scan or a rebuild besides exhibits: issuers and series of flag lists, log formats, data sets."""
