#pragma once
// TensorBoard's event files: records framed as TFRecord (length, checksum, bytes, checksum), each a protocol
// buffer of type Event (tensorflow/core/util/event.proto) with a Summary of scalars and histograms.
//   AppendLog file(dir / kEventFile);
//   file.append(version_event());
//   file.append(summary_event(step, {{"train/loss", 0.7}}));
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace selfreward {

/// A name that TensorBoard looks for, the same in every run.
constexpr const char* kEventFile = "events.out.tfevents.0.selfreward";

/// A HistogramProto: bucket[i] values below bucket_limit[i] and not below the limit before.
struct Histogram {
  double min = 0, max = 0, num = 0, sum = 0, sum_squares = 0;
  std::vector<double> bucket_limit, bucket;
};

using Scalars = std::vector<std::pair<std::string, double>>;
using Histograms = std::vector<std::pair<std::string, Histogram>>;

/// What a file begins with.
std::string version_event();

/// One step's values as a framed record. Its time is `step` seconds after 1970, so that the same values give
/// the same bytes.
std::string summary_event(int64_t step, const Scalars& scalars, const Histograms& histograms = {});

/// CRC-32C (Castagnoli), as RFC 3720 defines it.
uint32_t crc32c(std::string_view bytes);
/// `bytes` with length and checksums; the checksum is rotated and shifted as TFRecord does.
std::string tf_record(std::string_view bytes);

}  // namespace selfreward
