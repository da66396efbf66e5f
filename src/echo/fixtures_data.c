/* What each fixture is and says.  The words are the suite's. */
#include "echo/fixtures_data.h"

/* JSON as it is written; the preprocessor makes it a string. */
#define JSON(...) #__VA_ARGS__
#define TEXT "type": "text", "text"
#define NOTHING "inputSchema": {"type": "object", "additionalProperties": false}
/* One red pixel; a WAV file without a sample. */
#define PIXEL "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
#define SILENCE "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="
/* Macros inside are wanted: one more step before the string is made. */
#define EXPAND(...) JSON(__VA_ARGS__)

static const struct mp_fixture fixtures[] = {
	{ "tools", "tools/call", "test_simple_text",
	    EXPAND({"name": "test_simple_text", "description": "Says one text.", NOTHING}),
	    EXPAND({"content": [{TEXT: "This is a simple text response for testing."}]}), NULL, NULL },
	{ "tools", "tools/call", "test_image_content",
	    EXPAND({"name": "test_image_content", "description": "Shows a picture.", NOTHING}),
	    EXPAND({"content": [{"type": "image", "data": PIXEL, "mimeType": "image/png"}]}),
	    NULL, NULL },
	{ "tools", "tools/call", "test_audio_content",
	    EXPAND({"name": "test_audio_content", "description": "Plays a sound.", NOTHING}),
	    EXPAND({"content": [{"type": "audio", "data": SILENCE, "mimeType": "audio/wav"}]}),
	    NULL, NULL },
	{ "tools", "tools/call", "test_embedded_resource",
	    EXPAND({"name": "test_embedded_resource", "description": "Embeds a resource.", NOTHING}),
	    EXPAND({"content": [{"type": "resource", "resource": {"uri": "test://embedded-resource",
	    "mimeType": "text/plain", "text": "This is an embedded resource content."}}]}),
	    NULL, NULL },
	{ "tools", "tools/call", "test_multiple_content_types",
	    EXPAND({"name": "test_multiple_content_types", "description": "Mixes contents.", NOTHING}),
	    EXPAND({"content": [{TEXT: "Multiple content types test:"},
	    {"type": "image", "data": PIXEL, "mimeType": "image/png"},
	    {"type": "resource", "resource": {"uri": "test://mixed-content-resource",
	    "mimeType": "application/json", "text": "{\"test\":\"data\",\"value\":123}"}}]}),
	    NULL, NULL },
	{ "tools", "tools/call", "test_error_handling",
	    EXPAND({"name": "test_error_handling", "description": "Fails.", NOTHING}),
	    EXPAND({"content": [{TEXT: "This tool intentionally returns an error for testing"}],
	    "isError": true}), NULL, NULL },
	{ "tools", "tools/call", "test_missing_capability",
	    EXPAND({"name": "test_missing_capability", "description": "Needs sampling.", NOTHING}),
	    EXPAND({"content": [{TEXT: "The client can sample."}]}), "sampling", NULL },
	/* This server never streams: a plain answer is the whole of what it may send. */
	{ "tools", "tools/call", "test_streaming_elicitation",
	    EXPAND({"name": "test_streaming_elicitation", "description": "Asks nothing.", NOTHING}),
	    EXPAND({"content": [{TEXT: "There was nothing to ask."}]}), NULL, NULL },
	{ "tools", "tools/call", "test_logging_tool",
	    EXPAND({"name": "test_logging_tool", "description": "Logs nothing.", NOTHING}),
	    EXPAND({"content": [{TEXT: "There was nothing to log."}]}), NULL, NULL },
	{ "tools", "tools/call", "test_mirrored_argument",
	    EXPAND({"name": "test_mirrored_argument", "description": "Has an argument in a header.",
	    "inputSchema": {"type": "object", "properties": {"region": {"type": "string",
	    "x-mcp-header": "Region"}}, "required": ["region"]}}),
	    EXPAND({"content": [{TEXT: "The region is {region}."}]}), NULL, "region" },
	{ "tools", "tools/call", "json_schema_2020_12_tool",
	    EXPAND({"name": "json_schema_2020_12_tool", "description": "Has a rich schema.",
	    "inputSchema": {"$schema": "https://json-schema.org/draft/2020-12/schema",
	    "type": "object", "$defs": {"address": {"$anchor": "addressDef", "type": "object",
	    "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
	    "properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"},
	    "contactMethod": {"type": "string", "enum": ["phone", "email"]},
	    "phone": {"type": "string"}, "email": {"type": "string"}},
	    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
	    "if": {"properties": {"contactMethod": {"const": "phone"}},
	    "required": ["contactMethod"]}, "then": {"required": ["phone"]},
	    "else": {"required": ["email"]}, "additionalProperties": false}}),
	    EXPAND({"content": [{TEXT: "ok"}]}), NULL, NULL },
	{ "prompts", "prompts/get", "test_simple_prompt",
	    EXPAND({"name": "test_simple_prompt", "description": "Says one text."}),
	    EXPAND({"messages": [{"role": "user",
	    "content": {TEXT: "This is a simple prompt for testing."}}]}), NULL, NULL },
	{ "prompts", "prompts/get", "test_prompt_with_arguments",
	    EXPAND({"name": "test_prompt_with_arguments", "description": "Takes two arguments.",
	    "arguments": [{"name": "arg1", "required": true}, {"name": "arg2", "required": true}]}),
	    EXPAND({"messages": [{"role": "user",
	    "content": {TEXT: "Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"}}]}), NULL, NULL },
	{ "prompts", "prompts/get", "test_prompt_with_embedded_resource",
	    EXPAND({"name": "test_prompt_with_embedded_resource", "description": "Embeds a resource.",
	    "arguments": [{"name": "resourceUri", "required": true}]}),
	    EXPAND({"messages": [{"role": "user", "content": {"type": "resource",
	    "resource": {"uri": "{resourceUri}", "mimeType": "text/plain",
	    "text": "Embedded resource content for testing."}}}, {"role": "user",
	    "content": {TEXT: "Please process the embedded resource above."}}]}), NULL, NULL },
	{ "prompts", "prompts/get", "test_prompt_with_image",
	    EXPAND({"name": "test_prompt_with_image", "description": "Shows a picture."}),
	    EXPAND({"messages": [{"role": "user", "content": {"type": "image", "data": PIXEL,
	    "mimeType": "image/png"}}, {"role": "user",
	    "content": {TEXT: "Please analyze the image above."}}]}), NULL, NULL },
	{ "resources", "resources/read", "test://static-text",
	    EXPAND({"uri": "test://static-text", "name": "static text", "mimeType": "text/plain"}),
	    EXPAND({"contents": [{"uri": "test://static-text", "mimeType": "text/plain",
	    "text": "This is the content of the static text resource."}]}), NULL, NULL },
	{ "resources", "resources/read", "test://static-binary",
	    EXPAND({"uri": "test://static-binary", "name": "static binary", "mimeType": "image/png"}),
	    EXPAND({"contents": [{"uri": "test://static-binary", "mimeType": "image/png",
	    "blob": PIXEL}]}), NULL, NULL },
	{ "resourceTemplates", "resources/read", "test://template/{id}/data",
	    EXPAND({"uriTemplate": "test://template/{id}/data", "name": "template",
	    "mimeType": "application/json"}),
	    EXPAND({"contents": [{"uri": "test://template/{id}/data",
	    "mimeType": "application/json",
	    "text": "{\"id\":\"{id}\",\"templateTest\":true,\"data\":\"Data for ID: {id}\"}"}]}),
	    NULL, NULL },
};

const struct mp_fixture *mp_fixtures(size_t *ret_count)
{
	*ret_count = sizeof(fixtures) / sizeof(fixtures[0]);
	return fixtures;
}
