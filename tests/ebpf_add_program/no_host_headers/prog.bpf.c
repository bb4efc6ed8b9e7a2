#if __has_include(<linux/types.h>) || __has_include(<stdio.h>)
#error "headers of the building machine are found"
#endif
#if !__has_include(<stddef.h>)
#error "clang's own headers are not found"
#endif
int counter;
