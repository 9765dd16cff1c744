"""What officers do: every read and write of a case passes through here, and is allowed by `access` first."""
