// Names that C11 allows and that are keywords of C++, of C23 or of later drafts.
#define KEYWORDS(apply)                                                                            \
  apply(alignas) apply(alignof) apply(and) apply(and_eq) apply(asm) apply(atomic_cancel) apply(    \
      atomic_commit) apply(atomic_noexcept) apply(bitand) apply(bitor) apply(bool) apply(catch)    \
      apply(char16_t) apply(char32_t) apply(char8_t) apply(class) apply(co_await )                 \
          apply(co_return ) apply(co_yield ) apply(compl ) apply(concept) apply(const_cast)        \
              apply(consteval) apply(constexpr) apply(constinit) apply(contract_assert)            \
                  apply(decltype) apply(delete) apply(dynamic_cast) apply(explicit) apply(export)  \
                      apply(false) apply(final) apply(friend) apply(import) apply(module)          \
                          apply(mutable) apply(namespace) apply(new) apply(noexcept) apply(not )   \
                              apply(not_eq) apply(nullptr) apply(operator) apply(or) apply(or_eq)  \
                                  apply(override) apply(post) apply(pre) apply(private)            \
                                      apply(protected) apply(public) apply(reflexpr)               \
                                          apply(reinterpret_cast) apply(requires)                  \
                                              apply(static_assert) apply(static_cast)              \
                                                  apply(synchronized) apply(template) apply(this)  \
                                                      apply(thread_local) apply(throw) apply(true) \
                                                          apply(try) apply(typeid) apply(typename) \
                                                              apply(typeof) apply(typeof_unqual)   \
                                                                  apply(using) apply(virtual)      \
                                                                      apply(wchar_t) apply(xor)    \
                                                                          apply(xor_eq)

#define SEC(name) __attribute__((section(name), used))
typedef unsigned int u32;
