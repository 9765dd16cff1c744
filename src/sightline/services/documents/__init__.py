"""What leaves the record, told to the ledger: certificates; and, by two officers, bundles and graphs."""
