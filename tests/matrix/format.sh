# SPDX-License-Identifier: Apache-2.0
# Every source stands as clang-format leaves it.
git ls-files --cached --others --exclude-standard -- '*.hpp' '*.cpp' '*.cuh' '*.cu' |
  xargs clang-format --dry-run -Werror
