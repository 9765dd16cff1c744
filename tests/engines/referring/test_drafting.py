from pathlib import Path
import json
from tests.engines.referring.world import new_world

def test_it(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    for l in world.desk.leads(): print(l["lead_id"][:8], l["source_ip"], l["ceiling"], l["place"]["verdict"], l["place"]["state"], l["hits"])
    made = world.draft()
    print(made)
    assert 0
