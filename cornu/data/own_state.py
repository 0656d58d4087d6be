"""The state that sources of batches keep themselves: Grain's iterators, stateful loaders."""

import numpy as np

# How an object is asked for its state, and given it.
METHODS = (("get_state", "set_state"), ("state_dict", "load_state_dict"))
BYTES = "bytes"


def own_state(source):
    """The state of an object that can tell and take it, as plain values and arrays; None for others
    and for a state that can't be had so."""
    for tell, take in METHODS:
        if hasattr(source, tell) and hasattr(source, take):
            state = getattr(source, tell)()
            if isinstance(state, bytes):
                return {BYTES: np.frombuffer(state, "uint8")}
            return state if _is_plain(state) else None
    return None


def set_own_state(source, state):
    """Give an object the state that `own_state` found; returns whether it takes one."""
    for tell, take in METHODS:
        if hasattr(source, tell) and hasattr(source, take):
            if isinstance(state, dict) and set(state) == {BYTES}:
                state = np.asarray(state[BYTES], "uint8").tobytes()
            getattr(source, take)(state)
            return True
    return False


def _is_plain(value):
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str, np.ndarray, np.generic))
