"""What leaves the record: certificates, bundles, graphs; told to the ledger, those with people's rows by two officers."""
