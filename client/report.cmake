# Intervals by resampling.
add_library(sextant_bootstrap STATIC eval/bootstrap.cc)
target_link_libraries(sextant_bootstrap PRIVATE sextant_flags)

# The report of an evaluation: figures with intervals, as a page and as CSV.
add_library(sextant_report STATIC
  eval/html.cc eval/label_layout.cc eval/measures.cc eval/observation.cc
  eval/pareto.cc eval/report.cc eval/report_chart.cc eval/report_csv.cc eval/report_stops.cc
  eval/report_style.cc eval/report_tables.cc)
target_link_libraries(sextant_report
  PUBLIC sextant_bootstrap sextant_eval
  PRIVATE sextant_client_text absl::strings absl::str_format absl::time sextant_flags)
