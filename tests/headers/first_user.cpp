// SPDX-License-Identifier: Apache-2.0
// With second_user.cpp: two files of one program that include everything and use the same templates.
#include "all_headers.hpp"
#include "use_layer.hpp"

float second_user();

int main() { return use_layer() == second_user() ? 0 : 1; }
