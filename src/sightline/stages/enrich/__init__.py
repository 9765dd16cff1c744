"""What data sets of a visit's own time say of its address: place, network, relay, sharing, crawler (ADR 16)."""

from sightline.stages.enrich.crawlers import agents as agents
from sightline.stages.enrich.enriching import enrich as enrich
from sightline.stages.enrich.model import DataSet as DataSet
from sightline.stages.enrich.model import in_order as in_order
