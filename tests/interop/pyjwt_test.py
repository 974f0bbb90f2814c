"""PyJWT, a plain JWT library, reading what our Workload API's FetchJWTBundles gave as plain JWK Sets."""

import jwt

import go_side
from domain import Domain, federated_pair
from scenario import Scenario


class PyJwt(Scenario):
    def bundles(self, domain):
        return go_side.ask(self, "jwt-bundles", "--socket", domain.workload_socket)[0]["bundles"]

    def decode(self, token, document, audience):
        """As an application would: the key that the header names, from the set."""
        header = jwt.get_unverified_header(token)
        [key] = [key for key in jwt.PyJWKSet.from_dict(document).keys if key.key_id == header["kid"]]
        return jwt.decode(token, key.key, algorithms=["ES256", "ES384", "RS256"], audience=audience)

    def test_pyjwt_validates_a_token_with_the_other_domains_bundle(self):
        a, b = federated_pair(self)
        token = a.json("jwt", "fetch", "--audience", "reports")[0]["svid"]

        claims = self.decode(token, self.bundles(b)["spiffe://a.test"], "reports")

        self.assertEqual(claims["sub"], a.workload_id)
        with self.assertRaises(jwt.InvalidAudienceError):
            self.decode(token, self.bundles(b)["spiffe://a.test"], "else")
        with self.assertRaises(jwt.InvalidSignatureError):
            [wrong] = jwt.PyJWKSet.from_dict(self.bundles(a)["spiffe://b.test"]).keys
            jwt.decode(token, wrong.key, algorithms=["ES256"], audience="reports")

    def validates(self, key_type):
        domain = Domain(self, "a.test")
        domain.configuration["local"]["issuer"]["key_type"] = key_type
        domain.start()
        token = go_side.ask(self, "jwt-fetch", "--socket", domain.workload_socket, "--audience", "reports")[0]["token"]

        claims = self.decode(token, self.bundles(domain)["spiffe://a.test"], "reports")

        self.assertEqual(claims["sub"], domain.workload_id)

    def test_pyjwt_validates_tokens_of_p384_keys(self):
        self.validates("ec-p384")

    def test_pyjwt_validates_tokens_of_rsa_keys(self):
        self.validates("rsa-2048")
