"""Signs in a record of a session that it was in a wireless LAN: a hotspot has many users.

RFC 3580. A login there is that of a guest, or of the one who let others in; the line is another one.
"""

from __future__ import annotations

import re

SSID_BEHIND_MAC = r"^(?:[0-9a-f]{2}[-:.]?){5}[0-9a-f]{2}:[^\s:]"
"""A called station of a wireless LAN (RFC 3580, 3.20), in small letters: `00-10-a4-23-19-c0:ap1`."""
PORT_OF_WIRELESS_LAN = r"^(?:19|wireless[ -]?802[.-]?11[a-z]{0,2})$"
"""A type of the port (RFC 2865, 5.41), in small letters."""
ATTRIBUTES = re.compile(r"ssid|^wispr-(?:location|venue)", re.IGNORECASE)
"""Names of attributes that only a wireless LAN has, such as `Ruckus-SSID`."""
