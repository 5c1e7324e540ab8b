// SPDX-License-Identifier: Apache-2.0
#pragma once

// The batch-size mathematics of Warmup-Stable-Decay training. Needs nothing but the standard library, and nothing of
// attention.

#include "headwise/wsd_batch_size/additive_law.hpp"
#include "headwise/wsd_batch_size/batch_schedule.hpp"
#include "headwise/wsd_batch_size/batch_table.hpp"
#include "headwise/wsd_batch_size/bootstrap.hpp"
#include "headwise/wsd_batch_size/classical_curve.hpp"
#include "headwise/wsd_batch_size/classical_model.hpp"
#include "headwise/wsd_batch_size/cross_validation.hpp"
#include "headwise/wsd_batch_size/curve_estimate.hpp"
#include "headwise/wsd_batch_size/fit_curve.hpp"
#include "headwise/wsd_batch_size/fit_law.hpp"
#include "headwise/wsd_batch_size/fit_pooled.hpp"
#include "headwise/wsd_batch_size/fit_settings.hpp"
#include "headwise/wsd_batch_size/iso_loss_curve.hpp"
#include "headwise/wsd_batch_size/laurent_curve.hpp"
#include "headwise/wsd_batch_size/laurent_model.hpp"
#include "headwise/wsd_batch_size/learning_rate.hpp"
#include "headwise/wsd_batch_size/log_smoothing.hpp"
#include "headwise/wsd_batch_size/loss_curve.hpp"
#include "headwise/wsd_batch_size/measurement.hpp"
#include "headwise/wsd_batch_size/noisy_quadratic.hpp"
#include "headwise/wsd_batch_size/noisy_quadratic_runs.hpp"
#include "headwise/wsd_batch_size/piecewise_curve.hpp"
#include "headwise/wsd_batch_size/piecewise_model.hpp"
#include "headwise/wsd_batch_size/profile.hpp"
#include "headwise/wsd_batch_size/schedule_export.hpp"
#include "headwise/wsd_batch_size/smoothed_curve.hpp"
#include "headwise/wsd_batch_size/synthetic_runs.hpp"
