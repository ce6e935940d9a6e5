// Desired against live, field by field, as the kind's schema says that they compare.
#pragma once

#include "reconciler/core/live.h"
#include "reconciler/core/resource.h"
#include "reconciler/diff/change.h"

namespace hearth {

// Only declared fields count. RESOURCE.kind must be set. An absent thing differs in every declared field. Does not look
// at anything when the whole of LIVE is unknown: that is the caller's to report.
Difference diff(const Resource& resource, const Live& live);

// The live values of the fields that RESOURCE declares (and of its refresh field): what a plan rests on. Fields that
// steer hearth and secrets are left out (of fields that may hold some there is a mark); what could not be read stays unknown.
Value managed_fields(const Resource& resource, const Live& live);

// RESOURCE with the schema's defaults filled in where nothing is declared: what a newly made thing gets.
Resource with_defaults(const Resource& resource);

}  // namespace hearth
