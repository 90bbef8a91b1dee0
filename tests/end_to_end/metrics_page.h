// The Prometheus page of a server under test.
#pragma once
#include <string>
#include <vector>

namespace sextant {

class MetricsPage {
 public:
  MetricsPage();                // Takes a port that is free now.
  std::string address() const;  // For `server.metrics`.

  std::string Text() const;  // The page, now, with its HTTP head.
  // The sum of the series whose name and labels hold all of `parts`, now.
  double Sum(const std::vector<std::string>& parts) const;
  // How many series those are.
  int Series(const std::vector<std::string>& parts) const;
  // Blocks until that sum is `value`.
  void Await(const std::vector<std::string>& parts, double value) const;

 private:
  std::vector<double> Values(const std::vector<std::string>& parts) const;
  int port_;
};

}  // namespace sextant
