# Apache Arrow's C++ libraries and headers, which read Parquet, out of the pyarrow wheel in the cache that scripts/setup
# fills: Debian 12 has no package of them. Only libarrow and libparquet are linked.
set(_cache "$ENV{SELFREWARD_CACHE}")
if(NOT _cache)
  set(_cache "$ENV{HOME}/.cache/selfreward")
endif()
find_path(Arrow_INCLUDE_DIR NAMES parquet/arrow/reader.h NO_DEFAULT_PATH
  PATHS "${ARROW_DIR}" "${_cache}/arrow/pyarrow" PATH_SUFFIXES include)
# A wheel names its libraries with their version and without the plain .so.
get_filename_component(_lib "${Arrow_INCLUDE_DIR}/.." ABSOLUTE)
file(GLOB Arrow_LIBRARY "${_lib}/libarrow.so.*00")
file(GLOB Arrow_PARQUET_LIBRARY "${_lib}/libparquet.so.*00")

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Arrow
  REQUIRED_VARS Arrow_LIBRARY Arrow_PARQUET_LIBRARY Arrow_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "Parquet files will not be read. scripts/setup gets Arrow.")

if(Arrow_FOUND AND NOT TARGET Arrow::Parquet)
  add_library(Arrow::Parquet INTERFACE IMPORTED)
  target_include_directories(Arrow::Parquet SYSTEM INTERFACE "${Arrow_INCLUDE_DIR}")
  target_link_libraries(Arrow::Parquet INTERFACE "${Arrow_PARQUET_LIBRARY}" "${Arrow_LIBRARY}")
endif()
