# A stand-in for OpenWrt's package.mk: prepares, configures, compiles and installs one package.
PKG_BUILD_DIR?=$(BUILD_DIR)/$(PKG_NAME)-$(PKG_VERSION)
PKG_INSTALL_DIR?=$(PKG_BUILD_DIR)/ipkg-install

define BuildPackage
$(eval $(call Package/$(1)))
ifneq ($$(PKG_HOST_ONLY),1)
compile:
	$$(if $$(TITLE),,$$(error $(1) has no TITLE))
	$$(foreach each,$$(PKG_BUILD_DEPENDS),$$(MAKE) -C $$(TOPDIR)/package/$$(patsubst %/host,%,$$(each)) host-compile &&) true
	$$(call Build/Prepare)
	$$(call Build/Configure/Default)
	$$(call Build/Compile/Default)
	$$(call Build/Install/Default)
	$$(call Package/$(1)/install,$$(TOPDIR)/bin/$(1))
endif
endef
