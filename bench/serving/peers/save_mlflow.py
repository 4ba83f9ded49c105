"""Saves the network as a pyfunc model of MLflow, computed with numpy: save_mlflow.py <layers as JSON> <folder>."""
import json
import sys

import mlflow.pyfunc
import numpy


class Perceptron(mlflow.pyfunc.PythonModel):
    def __init__(self, layers):
        self.layers = [(numpy.asarray(kernel, "float32"), numpy.asarray(bias, "float32")) for kernel, bias in layers]

    def predict(self, context, model_input, params=None):
        rows = numpy.asarray(model_input, dtype="float32")
        for index, (kernel, bias) in enumerate(self.layers):
            rows = rows @ kernel + bias
            if index < len(self.layers) - 1:
                rows = numpy.maximum(rows, 0)
        return numpy.maximum(numpy.expm1(rows[:, 0]), 0)


with open(sys.argv[1]) as file:
    mlflow.pyfunc.save_model(sys.argv[2], python_model=Perceptron(json.load(file)), pip_requirements=[])
