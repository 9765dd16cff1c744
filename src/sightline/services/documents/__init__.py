"""Write certificates and evidence graphs of an exhibit, with a ledger entry for each document.

Entry points: `certificate.certify_exhibit` and `exhibit_graph.release_graph`. Bundles, which need two officers, are in
`services.bundles`.
"""
