"""THREATS G1 for activations: whenever the server dies, the count is that of the rows, and what was acknowledged holds."""

import os
import random
import threading
import time

from lib.checks import envelope
from lib.licenses import ACTIVATE, DEACTIVATE, Shop, check_held, new_device
from lib.raw import Wire
from lib.server import LONG

KILLS = {"sqlite": 100, "postgres": 100 if LONG else 15}


class Devices:
    """One worker: devices that come and go on licenses of its own, and what is known of them for certain."""

    def __init__(self, shop, licenses):
        self.shop = shop
        self.licenses = licenses
        self.state = {}  # (license, device): True holds a slot, False does not, None: was not answered
        self.acknowledged = 0

    def work(self, server):
        try:
            with Wire(server) as wire:
                while True:
                    self.step(wire)
        except (OSError, AssertionError):
            return

    def step(self, wire):
        license = random.choice(self.licenses)
        mine = [device for which, device in self.state if which is license]
        device = random.choice(mine) if mine and random.random() < 0.6 else new_device()
        path = random.choice([ACTIVATE, DEACTIVATE])
        before = self.state.get((license, device), False)
        self.state[license, device] = None
        answer = wire.call("POST", path, license.body(device))
        code = str(answer.status_code) if answer.status_code < 300 else answer.json()["error"]
        outcomes = {"201": True, "200": False, "LICENSE_ALREADY_ACTIVE": True, "LICENSE_NOT_ACTIVATED": False}
        # a refusal of any other kind changed nothing
        assert code in (*outcomes, "LICENSE_MAX_ACTIVATIONS", "RATE_LIMITED"), code
        self.state[license, device] = outcomes.get(code, before)
        self.acknowledged += 1

    def settle(self, shop):
        for (license, device), holds in list(self.state.items()):
            if holds is None:
                holds = self.state[license, device] = shop.verify(license, device).status_code == 200
            if holds:
                check_held(shop.verify(license, device))
            else:
                envelope(shop.verify(license, device), "LICENSE_NOT_ACTIVATED")


def test_G1_the_count_is_that_of_the_rows_after_every_kill(start_server, open_client, engine):
    server = start_server(settings={"license.churn_limit": 160})
    app = server.create_app()
    shop = Shop(open_client(server), app)
    workers = [Devices(shop, [shop.issue(max_activations=4) for _ in range(2)]) for _ in range(3)]
    for _ in range(int(os.environ.get("KW_KILLS", KILLS[engine]))):
        threads = [threading.Thread(target=worker.work, args=[server]) for worker in workers]
        for thread in threads:
            thread.start()
        time.sleep(random.uniform(0.005, 0.06))
        server.kill()
        for thread in threads:
            thread.join()
        counts = server.rows(
            "SELECT l.activations_used, l.max_activations, (SELECT COUNT(*) FROM activations a WHERE a.app_id = l.app_id"
            " AND a.license_id = l.license_id AND a.freed_at = 0) FROM licenses l"
        )
        assert len(counts) == 6 and all(used == rows <= most for used, most, rows in counts), counts
        server.start()
        shop = Shop(open_client(server), app)
        for worker in workers:
            worker.settle(shop)
            worker.state = {key: holds for key, holds in worker.state.items() if holds}
    assert sum(worker.acknowledged for worker in workers) > 100, "the kills came before any work was done"
