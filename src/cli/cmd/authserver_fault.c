#include "cli/cmd/authserver_fault.h"
#include <string.h>
#include "base/limits.h"
#include "issuer/issuer.h"
#include "ui/options.h"
#include "ui/out.h"
#include "ui/report.h"

static enum mcpass_rc list_faults_json(const struct mp_fault *faults, size_t count,
    struct mcpass_error *err)
{
	json_t *list = json_array();
	enum mcpass_rc rc = list == NULL ? mp_nomem(err) : MCPASS_OK;

	for (size_t i = 0; i < count && !rc; i++)
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:i}", "name", faults[i].name,
		    "does", faults[i].does, "exit", mp_report_exit_code(faults[i].met_with))) != 0)
			rc = mp_nomem(err);
	if (!rc)
		return mp_out_json_new(list, err);
	json_decref(list);
	return rc;
}

enum mcpass_rc mp_authserver_list_faults(bool as_json, struct mcpass_error *err)
{
	size_t count;
	const struct mp_fault *faults = mp_faults(&count);
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);

	if (as_json)
		return list_faults_json(faults, count, err);
	for (size_t i = 0; i < count; i++)
		mp_buf_addf(&buf, "%-28s %s\n", faults[i].name, faults[i].does);
	return mp_out_end(&buf, err);
}

enum mcpass_rc mp_authserver_check_fault(const char *name, struct mcpass_error *err)
{
	const char *names[MP_MAX_ITEMS], *near;
	size_t count, i;
	const struct mp_fault *faults = mp_faults(&count);
	enum mcpass_rc rc;

	for (i = 0; i < count && i < MP_COUNT(names); i++) {
		if (strcmp(faults[i].name, name) == 0)
			return MCPASS_OK;
		names[i] = faults[i].name;
	}
	near = mp_nearest(name, names, i);
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "unknown fault %s", name);
	if (near != NULL)
		mp_hint(err, "did you mean %s?", near);
	mp_hint(err, "'mcpass authserver --fault help' lists them");
	return rc;
}
