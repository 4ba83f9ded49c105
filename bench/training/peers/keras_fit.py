"""Trains the network of a task file with Keras: CPU seconds of the whole fit, compilation included, and the last epoch's mean loss, as one line of JSON."""
import json, os, resource, sys

os.environ["KERAS_BACKEND"] = "jax"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
import keras
import numpy as np

task = json.load(open(sys.argv[1]))
rows, targets = np.array(task["rows"], "float32"), np.array(task["targets"], "float32")
steps = -(-len(rows) // task["batch"])
keras.utils.set_random_seed(1)


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def fit(epochs):
    model = keras.Sequential(
        [keras.Input((rows.shape[1],))]
        + [keras.layers.Dense(units, "relu", kernel_initializer="he_normal") for units in task["hidden"]]
        + [keras.layers.Dense(1, kernel_initializer="glorot_normal")]
    )
    rate = keras.optimizers.schedules.CosineDecay(task["rate"], steps * task["epochs"])
    model.compile(keras.optimizers.Adam(rate), "mse")
    return model.fit(rows, targets, batch_size=task["batch"], epochs=epochs, verbose=0)


before = cpu()
loss = fit(task["epochs"]).history["loss"][-1]
print(json.dumps({"cpu": cpu() - before, "loss": float(loss)}))
