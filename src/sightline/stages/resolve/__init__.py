"""Compare licensees' replies with the notices that they answer: which subscriber, which candidates, or nobody.

`replies` reads files into rows, `reply_check` compares them with a notice, `row_verdicts` gives the verdict on each row
of it, `sessions` on a session, `candidates` and `corroboration` on several together (docs/adr/0018).
"""
