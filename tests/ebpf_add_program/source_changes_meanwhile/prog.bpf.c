int old_variable;
