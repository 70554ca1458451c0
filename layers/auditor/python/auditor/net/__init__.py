"""The probe engine: one thread, one small event loop, every phase of a probe timed and every failure named."""
