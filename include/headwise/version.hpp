// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The version of the library; the build files read it from these three lines.
#define HEADWISE_VERSION_MAJOR 0
#define HEADWISE_VERSION_MINOR 1
#define HEADWISE_VERSION_PATCH 0
