#!/usr/bin/python3
"""Checks a receipt of Talap's ledger with nothing but the receipt and the public key you trust.

    verify_receipt.py RECEIPT.json KEY         KEY is the key itself or a file that holds it
Needs Debian's python3-cryptography. Ends with 0 when the receipt holds, with 1 and a reason when it does not.
"""
import base64, hashlib, json, sys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def need(condition, reason):
    if not condition:
        sys.exit("does not hold: " + reason)


def root_from(index, size, leaf, path):
    """RFC 9162, 2.1.3.2: the root that the path leads to, or None when it does not fit the tree."""
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            r = sha256(b"\x01", p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\x01", r, p)
        fn, sn = fn >> 1, sn >> 1
    return r if sn == 0 else None


def verify(receipt, key):
    name, key_id, packed = key.strip().split("+", 2)
    packed = base64.b64decode(packed, validate=True)
    need(packed[:1] == b"\x01" and len(packed) == 33, "this is not an Ed25519 key")
    need(sha256(name.encode(), b"\n", packed)[:4].hex() == key_id, "the key does not match its own id")

    text, _, signature = receipt["checkpoint"].partition("\n\n")
    text += "\n"                                     # the signature covers the three lines, newline included
    origin, size, root = text.splitlines()
    dash, signer, signature = signature.rstrip("\n").split(" ")
    signature = base64.b64decode(signature, validate=True)
    need(dash == "\u2014" and origin == signer == name, "the checkpoint is of another ledger")
    need(signature[:4].hex() == key_id, "the checkpoint is signed with another key")
    try:
        Ed25519PublicKey.from_public_bytes(packed[1:]).verify(signature[4:], text.encode())
    except InvalidSignature:
        need(False, "the signature is forged")

    index, leaf = receipt["leaf_index"], bytes.fromhex(receipt["leaf_hash"])
    need(int(size) == receipt["tree_size"] and 0 <= index < int(size), "the sizes contradict each other")
    path = [bytes.fromhex(h) for h in receipt["inclusion"]]
    need(root_from(index, int(size), leaf, path) == base64.b64decode(root), "the proof does not lead to the signed root")
    return f"leaf {index} of {size} in {origin}"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    given = sys.argv[2] if "+" in sys.argv[2] else open(sys.argv[2], encoding="utf-8").read()
    print("holds:", verify(json.load(open(sys.argv[1], encoding="utf-8")), given))
