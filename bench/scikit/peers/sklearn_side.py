"""scikit-learn's side. With `data`: prints its breast cancer data. With a file of splits and settings: prints what its ridge (or logistic) regression and its perceptron predict, by split and seed."""
import json, math, sys

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor


def ridge(rows, targets, seed):
    # Ours counts the penalty per record, on columns of variance 1.
    alpha = task["penalty"] * len(rows)
    model = LogisticRegression(C=1 / alpha, tol=1e-8, max_iter=1000) if task["classes"] else Ridge(alpha)
    return model.fit(rows, targets)


def perceptron(rows, targets, seed):
    # A generator, not a number: each call of partial_fit would begin a number's anew, and draw the same batches.
    model = (MLPClassifier if task["classes"] else MLPRegressor)(
        hidden_layer_sizes=task["hidden"],
        learning_rate_init=task["rate"],
        alpha=0.0,
        batch_size=task["batch"],
        random_state=np.random.RandomState(seed),
    )
    for epoch in range(task["epochs"]):
        # It has no schedule for Adam's learning rate: ours, once an epoch.
        if epoch > 0:
            model._optimizer.learning_rate_init = task["rate"] * (1 + math.cos(math.pi * epoch / task["epochs"])) / 2
        model.partial_fit(rows, targets, **({"classes": [0, 1]} if task["classes"] else {}))
    return model


def predicted(fit, split, seed):
    train, rows = split["train"], np.array(split["test"]["rows"])
    model = fit(np.array(train["rows"]), np.array(train["targets"]), seed)
    return (model.predict_proba(rows)[:, 1] if task["classes"] else model.predict(rows)).tolist()


if sys.argv[1] == "data":
    data = load_breast_cancer()
    print(json.dumps({"rows": data.data.tolist(), "targets": data.target.tolist()}))
else:
    task = json.load(open(sys.argv[1]))
    seeds = range(1, task["seeds"] + 1)
    print(json.dumps({
        "ridge": [[predicted(ridge, split, 0)] for split in task["splits"]],
        "perceptron": [[predicted(perceptron, split, seed) for seed in seeds] for split in task["splits"]],
    }))
