"""What a scan or a rebuild rests on besides exhibits: issuers and series of flag lists, log formats, data sets."""
