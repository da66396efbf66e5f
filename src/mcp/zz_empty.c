typedef int mp_mcp_empty;
