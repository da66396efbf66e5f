"""The guard's rows of tests/e2e, through nginx.  One does not apply: a server that ends while requests
wait is test_life.test_waiting_over_a_reload here."""

import house
import test_guard
from test_guard import (        # noqa: F401
    test_a_flood_of_unknown_kids_is_one_fetch_and_stops_nobody, test_a_key_set_that_is_none,
    test_a_rotated_key_is_found_at_once_and_the_old_one_goes, test_a_slow_issuer_holds_up_its_own_tokens_only,
    test_known_keys_serve_while_the_issuer_is_down)


class Through(house.Guarded):
    """As a World, but the server that is started knows nothing of tokens."""

    def start_serve(self, *more, issuer):
        self.trusted = [issuer, *(word for word in more if word != "--issuer")]
        self.serve = self
        return self.guard()

    def issuers(self):
        return self.trusted

    def read_log(self):
        return self.errors()


test_guard.World = Through      # of these rows, in this process
