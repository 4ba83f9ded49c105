/** How models are made: `train.algorithm` in params.yaml. What each does: `pipeline/training/algorithms/`. */
export const algorithms = ['perceptron', 'wide_and_deep', 'ridge', 'seasonal_naive'] as const
export type Algorithm = (typeof algorithms)[number]

/**
 * From which weights hidden layers begin: `train.network.initializer` in params.yaml. He's (He et al. 2015, "Delving Deep into Rectifiers") are made for rectifiers and begin larger;
 * Glorot's (Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks") are scikit-learn's, and often do better on few or nearly linear records.
 */
export const initializers = ['he_normal', 'glorot_uniform'] as const
export type Initializer = (typeof initializers)[number]

/** Which records the model that ships is fitted to once more after it was judged: `train.refit` in params.yaml. */
export const refits = ['none', 'all'] as const
