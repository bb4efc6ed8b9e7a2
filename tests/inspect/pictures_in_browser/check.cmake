find_program(CMAKE_GRAPHVIZ dot)
find_program(CMAKE_BROWSER NAMES chromium chromium-browser)
if(NOT CMAKE_GRAPHVIZ OR NOT CMAKE_BROWSER)
  skip("Graphviz or chromium is not installed")
endif()

set(ENV{FORMAT} html)
build(--target visualize)
expect_success("visualize")
expect_output("walk.html")

# The page itself counts the blocks that have a place on the screen. depth_of stands first.
try("${CMAKE_BROWSER}" --headless --no-sandbox --disable-gpu "--user-data-dir=${build_dir}/browser"
    --virtual-time-budget=2000 --dump-dom "file://${build_dir}/pictures/walk.html")
expect_success("the browser")
if(NOT output MATCHES "data-visible-blocks=\"([0-9]+)\"" OR CMAKE_MATCH_1 LESS 3)
  message(FATAL_ERROR "The browser does not show the blocks of the first function:\n${output}")
endif()
expect_output("<option value=\"1\">walk (raw_tp/sched_switch)</option>")
expect_output("viewBox=")

# A large graph, whose long edges end at signs.
try("${CMAKE_BROWSER}" --headless --no-sandbox --disable-gpu "--user-data-dir=${build_dir}/browser"
    --virtual-time-budget=2000 --dump-dom "file://${build_dir}/pictures/branches.html")
expect_success("the browser with a large graph")
if(NOT output MATCHES "data-visible-blocks=\"([0-9]+)\"" OR CMAKE_MATCH_1 LESS 150)
  message(FATAL_ERROR "The browser does not show the blocks of the large graph:\n${output}")
endif()
