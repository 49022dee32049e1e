// Stands for parquet.cpp where the build found no Arrow.
#include "data/rows/source.h"

namespace selfreward {

void for_each_parquet_value(const fs::path& path, const UseValue&) {
  fail("[parquet] ", path.string(),
       ": this program was built without Apache Arrow, which reads Parquet; run scripts/setup and build "
       "again, or save the data as JSON lines");
}

}  // namespace selfreward
