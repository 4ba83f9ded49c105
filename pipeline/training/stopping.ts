import { absoluteError, logLoss, type Metric } from '../metric.ts'
import { link } from '../task/model.ts'
import { target } from '../task/record.ts'

/**
 * What validation records are judged by after each epoch: the MAE, or for classes the log loss. A probability that is said to be surer than it is comes nearer to most targets: only a proper score
 * tells which epoch is best.
 */
export const stopping: Metric = link.classes ? logLoss : absoluteError(target.unit)
