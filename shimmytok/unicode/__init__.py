"""What llama.cpp knows of Unicode: its tables (generated), its categories, its lenient UTF-8."""
