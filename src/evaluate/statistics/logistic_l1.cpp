#include "evaluate/statistics/logistic_l1.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace selfreward {
namespace {

using Vector = std::vector<double>;

constexpr size_t kFolds = 5;
constexpr int kCandidates = 10;  // of C, evenly spaced in its logarithm

/// log(1 + exp(x)) without overflow.
double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

double objective(const std::vector<LogisticRow>& rows, double C, const Vector& w) {
  double loss = 0, norm = 0;
  for (const LogisticRow& row : rows) {
    const double z = linear(w, row.features);
    loss += row.weight * (row.target * softplus(-z) + (1 - row.target) * softplus(z));
  }
  for (const double value : w) norm += std::abs(value);
  return norm + C * loss;
}

/// Gradient [d] and Hessian [d][d] of the loss at w, times C.
void quadratic_model(const std::vector<LogisticRow>& rows, double C, const Vector& w, Vector& gradient,
                     std::vector<Vector>& hessian) {
  const size_t d = w.size();
  gradient.assign(d, 0);
  hessian.assign(d, Vector(d, 0));
  for (const LogisticRow& row : rows) {
    const double p = sigmoid(linear(w, row.features));
    for (size_t j = 0; j < d; ++j) {
      gradient[j] += C * row.weight * (p - row.target) * row.features[j];
      for (size_t k = 0; k < d; ++k)
        hessian[j][k] += C * row.weight * p * (1 - p) * row.features[j] * row.features[k];
    }
  }
  for (size_t j = 0; j < d; ++j) hessian[j][j] += 1e-12;
}

/// The step s that is the best for gradient . s + s H s / 2 + |w + s|_1, by coordinate descent.
Vector proximal_step(const Vector& w, const Vector& gradient, const std::vector<Vector>& hessian) {
  Vector step(w.size(), 0);
  for (int sweep = 0; sweep < 10000; ++sweep) {
    double moved = 0;
    for (size_t j = 0; j < w.size(); ++j) {
      double slope = gradient[j];
      for (size_t k = 0; k < w.size(); ++k) slope += hessian[j][k] * step[k];
      const double h = hessian[j][j], best = w[j] + step[j] - slope / h;
      const double shrunk = std::copysign(std::max(std::abs(best) - 1 / h, 0.0), best);
      moved = std::max(moved, std::abs(shrunk - w[j] - step[j]));
      step[j] = shrunk - w[j];
    }
    if (moved < 1e-14) break;
  }
  return step;
}

/// Mean over the rows of the fold of the weighted loss.
double held_out_loss(const std::vector<LogisticRow>& rows, double C, size_t fold) {
  std::vector<LogisticRow> train, test;
  for (size_t i = 0; i < rows.size(); ++i)
    ((rows.size() - 1 - i) % kFolds == fold ? test : train).push_back(rows[i]);
  const Vector w = fit_logistic_l1(train, C);
  double loss = 0;
  for (const LogisticRow& row : test) {
    const double p = std::clamp(sigmoid(linear(w, row.features)), 1e-15, 1 - 1e-15);
    loss -= row.weight * (row.target * std::log(p) + (1 - row.target) * std::log(1 - p));
  }
  return loss / static_cast<double>(test.size());
}

}  // namespace

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

double linear(const Vector& weights, const Vector& features) {
  double sum = 0;
  for (size_t j = 0; j < weights.size(); ++j) sum += weights[j] * features[j];
  return sum;
}

Vector fit_logistic_l1(const std::vector<LogisticRow>& rows, double C) {
  Vector w(rows.empty() ? 0 : rows.front().features.size(), 0), gradient;
  std::vector<Vector> hessian;
  double value = objective(rows, C, w);
  for (int iteration = 0; iteration < 200; ++iteration) {
    quadratic_model(rows, C, w, gradient, hessian);
    const Vector step = proximal_step(w, gradient, hessian);
    Vector next = w;
    double next_value = value;
    for (double length = 1; length > 1e-10; length /= 2) {
      for (size_t j = 0; j < w.size(); ++j) next[j] = w[j] + length * step[j];
      next_value = objective(rows, C, next);
      if (next_value < value) break;
    }
    if (!(next_value < value)) break;  // nothing is better in double precision
    w = next;
    value = next_value;
  }
  return w;
}

Vector fit_logistic_l1_cv(const std::vector<LogisticRow>& rows) {
  double best_C = 0, best_loss = 0;
  for (int c = 0; c < kCandidates; ++c) {
    const double C = std::pow(10.0, -4 + 8.0 * c / (kCandidates - 1));
    double loss = 0;
    for (size_t fold = 0; fold < kFolds; ++fold) loss += held_out_loss(rows, C, fold);
    if (c > 0 && loss >= best_loss) continue;
    best_C = C;
    best_loss = loss;
  }
  return fit_logistic_l1(rows, best_C);
}

}  // namespace selfreward
