#pragma once
// Logistic regression with an L1 penalty and targets that are probabilities: what alpaca_eval fits by
// scikit-learn's LogisticRegressionCV (liblinear, no intercept of its own, five folds).
#include <vector>

namespace selfreward {

struct LogisticRow {
  std::vector<double> features;
  double target;      // 0 .. 1
  double weight = 1;  // of the row's loss
};

/// Weights w with the least |w|_1 + C * sum of weight * cross-entropy(target, sigmoid(w . features)), to the
/// last digits (proximal Newton steps).
std::vector<double> fit_logistic_l1(const std::vector<LogisticRow>& rows, double C);

/// The same with that C out of ten from 1e-4 to 1e4 whose loss on held-out rows is the least; row i is held
/// out in fold (n - 1 - i) mod 5, which is what scikit-learn's GroupKFold makes of groups of equal size.
std::vector<double> fit_logistic_l1_cv(const std::vector<LogisticRow>& rows);

double sigmoid(double x);
/// w . features
double linear(const std::vector<double>& weights, const std::vector<double>& features);

}  // namespace selfreward
