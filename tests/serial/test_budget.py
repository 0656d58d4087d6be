"""What a file may make is bounded by what it holds."""

import copy
import pickle

import pytest

import cornu
from cornu.saving import ModelFileError
from cornu.serial import budget


@cornu.saving.register_keras_serializable("budget")
class Forgetful(cornu.layers.Layer):
    """Has a large table that it does not save."""

    def __init__(self, rows, **kwargs):
        super().__init__(**kwargs)
        self.rows = rows

    def get_config(self):
        return {**super().get_config(), "rows": self.rows}

    def build(self, shape):
        self.table = self.add_weight(shape=(self.rows, 1000), initializer="zeros")

    def call(self, x):
        return x

    def save_own_variables(self, store):
        pass

    def load_own_variables(self, store):
        pass


def forgetful(rows):
    return cornu.Sequential([cornu.layers.Input((2,)), Forgetful(rows), cornu.layers.Dense(1)])


def test_what_is_not_saved_may_be_small(tmp_path):
    model = forgetful(1000)
    model.save(tmp_path / "model.keras")
    assert cornu.saving.load_model(tmp_path / "model.keras").count_params() == 1_000_003


def test_what_is_not_saved_may_not_be_large(tmp_path):
    path = tmp_path / "model.keras"
    model = forgetful(5000)
    model.save(path)
    with pytest.raises(ModelFileError, match=r"\(5000, 1000\) takes 20000000 bytes.*safe_mode"):
        cornu.saving.load_model(path)
    for again in (
        cornu.saving.load_model(path, safe_mode=False),
        pickle.loads(pickle.dumps(model)),
        copy.deepcopy(model),
        cornu.models.clone_model(model),
        cornu.models.model_from_json(model.to_json()),
    ):
        assert again.count_params() == 5_000_003


def test_an_optimizer_that_has_not_begun_is_no_surprise(tmp_path):
    path = tmp_path / "model.keras"
    model = cornu.Sequential([cornu.layers.Input((1000,)), cornu.layers.Dense(2500)])
    model.compile(cornu.optimizers.Adam(amsgrad=True, use_ema=True), "mse")
    model.save(path)
    cornu.saving.load_model(path).fit(
        cornu.ops.ones((1, 1000)), cornu.ops.ones((1, 2500)), verbose=0
    )


def test_the_bound_is_for_all_together_and_ends_with_the_block():
    budget.spend((10**12,), "float32", "a variable outside of a load")
    with budget.memory_budget(stored=0):
        for _ in range(4):
            budget.spend((budget.SLACK // 16,), "float32", "a quarter")
        with pytest.raises(ModelFileError, match="one more"):
            budget.spend((1,), "bool", "one more")
        with budget.memory_budget(stored=0, safe_mode=False):
            budget.spend((10**12,), "float32", "a trusted file's")
    with budget.memory_budget(stored=10**9):
        budget.spend((2 * 10**9,), "bfloat16", "what is in the file")
    budget.spend((10**12,), "float32", "a variable outside of a load")
