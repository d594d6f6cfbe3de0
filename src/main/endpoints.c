#include "main/endpoints.h"

#include "account/account.h"
#include "api/api.h"
#include "api/assets.h"
#include "api/openapi.h"
#include "api/reference.h"
#include "app/app.h"
#include "audit/audit.h"
#include "deliver/deliver.h"
#include "exchange/exchange.h"
#include "license/license.h"
#include "magic/magic.h"
#include "main/backup.h"
#include "main/demo.h"
#include "main/dev.h"
#include "main/doctor.h"
#include "main/health.h"
#include "otp/otp.h"
#include "page/brand.h"
#include "page/page.h"
#include "tenant/role.h"
#include "tenant/tenant.h"
#include "token/token.h"

static const struct action *const ACTIONS[ENDPOINT_COUNT] = {
#define ENDPOINT(name, method, path, caller, store, limit) [ENDPOINT_##name] = &name##_action,
#include "tables/endpoints.def"
#undef ENDPOINT
};

static document_fn *const DOCUMENTS[DOCUMENT_COUNT] = {
#define DOCUMENT(name, path, where, help) [DOCUMENT_##name] = name##_document,
#include "tables/documents.def"
#undef DOCUMENT
};

void endpoints_bind(void)
{
	router_bind(ACTIONS, DOCUMENTS);
}

void endpoints_start(const struct house *house)
{
	static struct api_config config;
	config = (struct api_config){
		.house = house,
		.callers = {.app_find = app_find,
			.app_sole = app_sole,
			.app_secret_fits = app_secret_fits,
			.app_allows_origin = app_allows_origin,
			.app_requires_secret = app_requires_secret,
			.user = token_caller,
			.user_live = token_caller_live},
	};
	endpoints_bind();
	api_start(&config);
	openapi_start(house->public_url);
	reference_start(house->public_url);
}
