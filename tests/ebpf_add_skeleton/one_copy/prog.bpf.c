const char marker[] = "only-once-in-the-application";
