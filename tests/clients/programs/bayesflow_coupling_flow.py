"""A coupling flow, trained on simulations as they are made, learns a posterior that is known."""

import bayesflow as bf
import keras
import numpy as np

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)


def prior():
    return {"mu": rng.normal(size=2)}


def likelihood(mu):
    return {"x": rng.normal(mu, 0.5, size=2)}


workflow = bf.BasicWorkflow(
    simulator=bf.make_simulator([prior, likelihood]),
    inference_network=bf.networks.CouplingFlow(depth=2, subnet_kwargs={"widths": (32, 32)}),
    inference_variables=["mu"],
    inference_conditions=["x"],
    initial_learning_rate=5e-3,
)
history = workflow.fit_online(epochs=3, num_batches_per_epoch=60, batch_size=64, verbose=0)
losses = history.history["loss"]
assert losses[-1] < losses[0], losses

# With a prior N(0, 1) and noise of 0.5 the posterior is N(0.8 x, 0.2).
samples = workflow.sample(conditions={"x": np.array([[1.5, -1.0]])}, num_samples=2000)["mu"]
assert samples.shape == (1, 2000, 2)
assert np.abs(samples.mean((0, 1)) - [1.2, -0.8]).max() < 0.2, samples.mean((0, 1))
assert np.abs(samples.std((0, 1)) - 0.2**0.5).max() < 0.15, samples.std((0, 1))
