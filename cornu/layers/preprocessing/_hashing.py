"""Hashes of byte strings that are the same on every machine, many strings at a time.

`fingerprints` is FarmHash's `Fingerprint64` (Pike 2014, https://github.com/google/farmhash), and
`keyed_hashes` is SipHash-2-4 (Aumasson & Bernstein 2012, "SipHash: a fast short-input PRF"): the
functions by which TensorFlow, and so Keras, puts strings into bins. Strings of one length are the
rows of a matrix, on whose columns both work.
"""

import numpy as np

K0, K1, K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
JOIN = 0xC6A4A7935BD1E995
SIP_STARTS = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
BLOCK = 64  # bytes that FarmHash mixes in at a time


def fingerprints(texts):
    """A 64-bit number for each byte string.

    Args:
        texts: list of bytes.

    Returns:
        NumPy array of uint64.
    """
    return _by_length(texts, _farmhash)


def keyed_hashes(texts, key):
    """A 64-bit number for each byte string, which nobody can predict without the key.

    Args:
        texts: list of bytes.
        key: two ints.

    Returns:
        NumPy array of uint64.
    """
    return _by_length(texts, lambda rows: _siphash(rows, [part % 2**64 for part in key]))


def joined_fingerprint(first, second):
    """The fingerprints of pairs, out of those of their parts: arrays of uint64."""
    found = first ^ _number(JOIN)
    found = found ^ (_shift_mix(second * _number(JOIN)) * _number(JOIN))
    found = found * _number(JOIN)
    return _shift_mix(_shift_mix(found) * _number(JOIN))


def _by_length(texts, function):
    found = np.empty(len(texts), np.uint64)
    lengths = np.fromiter(map(len, texts), np.intp, len(texts))
    for length in np.unique(lengths).tolist():
        places = np.flatnonzero(lengths == length)
        rows = np.zeros((len(places), length), np.uint8)
        if length:
            joined = b"".join([texts[place] for place in places.tolist()])
            rows = np.frombuffer(joined, np.uint8).reshape(rows.shape)
        found[places] = function(rows)
    return found


def _number(value):
    return np.uint64(value % 2**64)


def _word(rows, start, size=8):
    """The little-endian numbers of `size` bytes that stand at `start`, counted from the end if
    negative."""
    start %= rows.shape[1]
    part = np.ascontiguousarray(rows[:, start : start + size])
    return part.view(f"<u{size}")[:, 0].astype(np.uint64)


def _rotate(values, count):
    """Rotated to the right."""
    return (values >> _number(count)) | (values << _number(64 - count))


def _shift_mix(values):
    return values ^ (values >> _number(47))


def _mix(first, second, factor):
    found = _shift_mix((first ^ second) * factor)
    return _shift_mix((second ^ found) * factor) * factor


def _farmhash(rows):
    length = rows.shape[1]
    if length > BLOCK:
        return _farmhash_long(rows)
    if length > 32:
        return _farmhash_up_to_64(rows)
    if length > 16:
        return _farmhash_up_to_32(rows)
    return _farmhash_up_to_16(rows)


def _farmhash_up_to_16(rows):
    count, length = rows.shape
    factor = _number(K2 + 2 * length)
    if length >= 8:
        first, last = _word(rows, 0) + _number(K2), _word(rows, -8)
        low = _rotate(last, 37) * factor + first
        high = (_rotate(first, 25) + last) * factor
        return _mix(low, high, factor)
    if length >= 4:
        first, last = _word(rows, 0, 4), _word(rows, -4, 4)
        return _mix(_number(length) + (first << _number(3)), last, factor)
    if length:
        first, middle, last = (rows[:, i].astype(np.uint64) for i in (0, length >> 1, length - 1))
        low = first + (middle << _number(8))
        high = _number(length) + (last << _number(2))
        return _shift_mix((low * _number(K2)) ^ (high * _number(K0))) * _number(K2)
    return np.full(count, K2, np.uint64)


def _farmhash_up_to_32(rows):
    factor = _number(K2 + 2 * rows.shape[1])
    a, b = _word(rows, 0) * _number(K1), _word(rows, 8)
    c, d = _word(rows, -8) * factor, _word(rows, -16) * _number(K2)
    low = _rotate(a + b, 43) + _rotate(c, 30) + d
    return _mix(low, a + _rotate(b + _number(K2), 18) + c, factor)


def _farmhash_up_to_64(rows):
    factor = _number(K2 + 2 * rows.shape[1])
    a, b = _word(rows, 0) * _number(K2), _word(rows, 8)
    c, d = _word(rows, -8) * factor, _word(rows, -16) * _number(K2)
    y = _rotate(a + b, 43) + _rotate(c, 30) + d
    z = _mix(y, a + _rotate(b + _number(K2), 18) + c, factor)
    e, f = _word(rows, 16) * factor, _word(rows, 24)
    g, h = (y + _word(rows, -32)) * factor, (z + _word(rows, -24)) * factor
    low = _rotate(e + f, 43) + _rotate(g, 30) + h
    return _mix(low, e + _rotate(f + a, 18) + g, factor)


def _farmhash_long(rows):
    count, length = rows.shape
    seed = 81
    x = _number(seed * K2) + _word(rows, 0)
    y = np.full(count, seed * K1 + 113 & 2**64 - 1, np.uint64)
    z = _shift_mix(y * _number(K2) + _number(113)) * _number(K2)
    v = w = (np.zeros(count, np.uint64), np.zeros(count, np.uint64))
    state = (x, y, z, v, w)
    for start in range(0, (length - 1) // BLOCK * BLOCK, BLOCK):
        state = _round(rows, start, state, _number(K1), 1)
    x, y, z, v, w = state
    # The last round takes the last 64 bytes, of which the round before saw some already.
    factor = _number(K1) + ((z & _number(0xFF)) << _number(1))
    low = w[0] + _number((length - 1) & (BLOCK - 1))
    v = (v[0] + low, v[1])
    w = (low + v[0], w[1])
    x, y, z, v, w = _round(rows, length - BLOCK, (x, y, z, v, w), factor, 9)
    low = _mix(v[0], w[0], factor) + _shift_mix(y) * _number(K0) + z
    return _mix(low, _mix(v[1], w[1], factor) + x, factor)


def _round(rows, start, state, factor, weight):
    x, y, z, v, w = state
    x = _rotate(x + y + v[0] + _word(rows, start + 8), 37) * factor
    y = _rotate(y + v[1] + _word(rows, start + 48), 42) * factor
    x = x ^ (w[1] * _number(weight))
    y = y + v[0] * _number(weight) + _word(rows, start + 40)
    z = _rotate(z + w[0], 33) * factor
    v = _weak_mix(rows, start, v[1] * factor, x + w[0])
    w = _weak_mix(rows, start + 32, z + w[1], y + _word(rows, start + 16))
    return z, y, x, v, w  # x and z change places


def _weak_mix(rows, start, first, second):
    words = [_word(rows, start + offset) for offset in (0, 8, 16, 24)]
    low = first + words[0]
    second = _rotate(second + low + words[3], 21)
    total = low + words[1] + words[2]
    return total + words[3], second + _rotate(total, 44) + low


def _siphash(rows, key):
    count, length = rows.shape
    padded = np.zeros((count, length // 8 * 8 + 8), np.uint8)
    padded[:, :length] = rows
    padded[:, -1] = length & 0xFF
    halves = (key[0], key[1], key[0], key[1])
    state = [
        np.full(count, start ^ half, np.uint64)
        for start, half in zip(SIP_STARTS, halves, strict=True)
    ]
    for start in range(0, padded.shape[1], 8):
        word = _word(padded, start)
        state[3] = state[3] ^ word
        state = _sip_round(_sip_round(state))
        state[0] = state[0] ^ word
    state[2] = state[2] ^ _number(0xFF)
    for _ in range(4):
        state = _sip_round(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _sip_round(state):
    a, b, c, d = state
    a, c = a + b, c + d
    b, d = _rotate(b, 64 - 13) ^ a, _rotate(d, 64 - 16) ^ c
    a, c = _rotate(a, 32) + d, c + b
    b, d = _rotate(b, 64 - 17) ^ c, _rotate(d, 64 - 21) ^ a
    return [a, b, _rotate(c, 32), d]
