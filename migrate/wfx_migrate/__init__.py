"""Legacy formats to the present one."""
