"""`clear_session`: forget names, seeds and the default policy."""

import gc

from cornu.backend import engine
from cornu.core.scopes import GLOBAL_SEEDS, LEARNING_PHASE, MASK_WARNINGS, NAME_COUNTS
from cornu.dtype_policies.policy import reset_dtype_policy


def clear_session(free_memory=True):
    """Start numbering automatic names anew and forget global seeds, the learning
    phase and the default dtype policy.

    Args:
        free_memory: whether to collect garbage at once, and give the system the memory that is kept
            for training steps.

    Example:
        >>> import cornu
        >>> cornu.utils.clear_session()
        >>> cornu.layers.Dense(1).name
        'dense'
    """
    NAME_COUNTS.clear()
    GLOBAL_SEEDS.clear()
    LEARNING_PHASE.clear()
    MASK_WARNINGS.clear()
    reset_dtype_policy()
    if free_memory:
        gc.collect()
        engine.free_memory()
