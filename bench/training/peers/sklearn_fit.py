"""The same with scikit-learn's MLPRegressor, whose learning rate is set by hand before each epoch: it has no schedule for Adam's."""
import json, math, resource, sys

import numpy as np
from sklearn.neural_network import MLPRegressor

task = json.load(open(sys.argv[1]))
rows, targets = np.array(task["rows"], "float32"), np.array(task["targets"], "float32")


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


before = cpu()
model = MLPRegressor(
    hidden_layer_sizes=task["hidden"], learning_rate_init=task["rate"], alpha=0.0, batch_size=task["batch"], random_state=1
)
for epoch in range(task["epochs"]):
    if epoch > 0:
        model._optimizer.learning_rate_init = task["rate"] * (1 + math.cos(math.pi * epoch / task["epochs"])) / 2
    model.partial_fit(rows, targets)
# It counts half of the squared error.
print(json.dumps({"cpu": cpu() - before, "loss": 2 * float(model.loss_)}))
